// Typed message → array for a serializer. Trailing empty payload members are left out, as the specification asks.
import { type Message, messageCodes, type Payload } from "./message.ts";
import { opened } from "./payload.ts";

const withPayload = (head: unknown[], payload: Payload): unknown[] => {
  const { args, kwargs } = opened(payload);
  if (kwargs !== undefined) head.push(args ?? [], kwargs);
  else if (args !== undefined) head.push(args);
  return head;
};

/** The array of `message` as it goes to a serializer. */
export const encodeMessage = (message: Message): readonly unknown[] => {
  const code = messageCodes[message.kind];
  switch (message.kind) {
    case "hello":
      return [code, message.realm, message.details];
    case "welcome":
      return [code, message.session, message.details];
    case "abort":
      return withPayload([code, message.details, message.reason], message);
    case "challenge":
      return [code, message.method, message.extra];
    case "authenticate":
      return [code, message.signature, message.extra];
    case "goodbye":
      return [code, message.details, message.reason];
    case "error": {
      const { requestKind, request, details, error } = message;
      return withPayload([code, messageCodes[requestKind], request, details, error], message);
    }
    case "publish":
      return withPayload([code, message.request, message.options, message.topic], message);
    case "published":
      return [code, message.request, message.publication];
    case "subscribe":
      return [code, message.request, message.options, message.topic];
    case "subscribed":
      return [code, message.request, message.subscription];
    case "unsubscribe":
      return [code, message.request, message.subscription];
    case "event": {
      const { subscription, publication, details } = message;
      return withPayload([code, subscription, publication, details], message);
    }
    case "call":
      return withPayload([code, message.request, message.options, message.procedure], message);
    case "cancel":
    case "interrupt":
      return [code, message.request, message.options];
    case "result":
      return withPayload([code, message.request, message.details], message);
    case "register":
      return [code, message.request, message.options, message.procedure];
    case "registered":
    case "unregister":
      return [code, message.request, message.registration];
    case "unsubscribed":
    case "unregistered":
      return [code, message.request];
    case "invocation": {
      const { request, registration, details } = message;
      return withPayload([code, request, registration, details], message);
    }
    case "yield":
      return withPayload([code, message.request, message.options], message);
  }
};

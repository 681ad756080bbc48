// Typed message → the members of its array before the arguments. Serializers add these, in their own way.
import { type Message, messageCodes } from "./message.ts";

/** The members of `message` before its arguments, for a serializer. */
export const encodeHead = (message: Message): readonly unknown[] => {
  const code = messageCodes[message.kind];
  switch (message.kind) {
    case "hello":
      return [code, message.realm, message.details];
    case "welcome":
      return [code, message.session, message.details];
    case "abort":
      return [code, message.details, message.reason];
    case "challenge":
      return [code, message.method, message.extra];
    case "authenticate":
      return [code, message.signature, message.extra];
    case "goodbye":
      return [code, message.details, message.reason];
    case "error": {
      const { requestKind, request, details, error } = message;
      return [code, messageCodes[requestKind], request, details, error];
    }
    case "publish":
      return [code, message.request, message.options, message.topic];
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
      return [code, subscription, publication, details];
    }
    case "call":
      return [code, message.request, message.options, message.procedure];
    case "cancel":
    case "interrupt":
      return [code, message.request, message.options];
    case "result":
      return [code, message.request, message.details];
    case "register":
      return [code, message.request, message.options, message.procedure];
    case "registered":
    case "unregister":
      return [code, message.request, message.registration];
    case "unsubscribed":
    case "unregistered":
      return message.details ? [code, message.request, message.details] : [code, message.request];
    case "invocation": {
      const { request, registration, details } = message;
      return [code, request, registration, details];
    }
    case "yield":
      return [code, message.request, message.options];
  }
};

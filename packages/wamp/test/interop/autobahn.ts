// npm autobahn.
import { type Details, type Doors, type House, type Untyped, uriOf } from "./foreign.ts";

// @ts-expect-error: it has no types.
const autobahn: Untyped = (await import("autobahn")).default;

const singleOf = (result: Untyped): unknown => (result?.args ? result.args : result);

/** Autobahn for JavaScript; over raw sockets it has JSON alone. */
export const autobahnHouse = (
  serializer: "JSON" | "Msgpack" | "CBOR",
  transport: keyof Doors = "webSocket",
): House => ({
  name: `autobahn, ${transport}, ${serializer}`,
  subprotocol: `wamp.2.${serializer.toLowerCase()}`,
  // In the other modes it forgets the call at once, and takes the router's ERROR for a protocol violation.
  cancelModes: ["kill"],
  // It hands details on that it knows, and levels of trust are not among them.
  without: ["progressive_call_invocations", "call_trustlevels", "publication_trustlevels"],
  join: (doors, login) =>
    new Promise((resolve, reject) => {
      const signed = (secret: string, extra: Untyped) =>
        autobahn.auth_cra.sign(
          extra.salt
            ? autobahn.auth_cra.derive_key(secret, extra.salt, extra.iterations, extra.keylen)
            : secret,
          extra.challenge,
        );
      const connection = new autobahn.Connection({
        transports: [
          {
            ...(transport === "webSocket"
              ? { type: "websocket", url: doors.webSocket }
              : transport === "tcp"
                ? { type: "rawsocket", host: "127.0.0.1", port: doors.tcp }
                : { type: "rawsocket", path: doors.unix }),
            ...(transport === "webSocket"
              ? { serializers: [new autobahn.serializer[`${serializer}Serializer`]()] }
              : {}),
          },
        ],
        ...{ realm: "realm", max_retries: 0 },
        ...(login
          ? {
              authmethods: [login.method],
              authid: login.authid,
              ...(login.keys ? { authextra: { pubkey: login.keys.publicKey } } : {}),
              onchallenge: (_session: unknown, method: string, extra: Untyped) =>
                method === "wampcra"
                  ? signed(login.secret ?? "", extra)
                  : method === "cryptosign"
                    ? autobahn.auth_cryptosign.sign_challenge(
                        login.keys &&
                          autobahn.nacl.sign.keyPair.fromSeed(
                            Buffer.from(login.keys.privateKey, "hex"),
                          ),
                        extra,
                      )
                    : login.secret,
            }
          : {}),
      });
      connection.onclose = (reason: string, details: Details) => {
        reject(new TypeError(String(details.reason ?? reason)));
        return true;
      };
      connection.onopen = (session: Untyped, details: Details) =>
        resolve({
          ...{ id: session.id, details },
          call: (uri, args, options, onProgress, kwargs) => {
            const call = session.call(uri, args, kwargs, {
              ...options,
              ...(onProgress ? { receive_progress: true } : {}),
            });
            const result = new Promise((yes, no) =>
              call.then(
                (value: Untyped) => yes(singleOf(value)),
                (error: unknown) => no(uriOf(error)),
                onProgress,
              ),
            );
            return Object.assign(result, { cancel: (mode: string) => call.cancel({ mode }) });
          },
          register: (uri, handler, options) =>
            Promise.resolve(
              session.register(
                uri,
                (args: unknown[], _kwargs: unknown, told: Untyped) =>
                  handler(args ?? [], told, (value) => told.progress([value])),
                options,
              ),
            ).catch((error) => Promise.reject(uriOf(error))),
          subscribe: (uri, handler, options) =>
            Promise.resolve(
              session.subscribe(
                uri,
                (args: unknown[], _kwargs: unknown, told: Details) => handler(args ?? [], told),
                options,
              ),
            ),
          publish: (uri, args, options) =>
            Promise.resolve(
              session.publish(uri, args, undefined, { acknowledge: true, ...options }),
            ),
          whenRevoked: (taken: Untyped) =>
            Promise.resolve(
              taken.on_unregister?.promise ??
                taken.on_unsubscribe?.promise ??
                taken.on_unregister ??
                taken.on_unsubscribe,
            ),
          close: () => {
            connection.onclose = () => true;
            // It throws where the router was first.
            if (connection.isConnected || connection.isRetrying) connection.close();
          },
        });
      connection.open();
    }),
});

// npm wampy. It sends arguments in parts, and takes them where its handler bears them, but announces neither; a test that uses it
// has it say so.
import { WebSocket } from "ws";
import { type Details, type House, type Untyped, uriOf } from "./foreign.ts";

const { Wampy } = (await import("wampy")) as Untyped;

/** Wampy over WebSocket. */
export const wampyHouse = (serializer: "Json" | "Msgpack" | "Cbor"): House => ({
  name: `wampy, ${serializer}`,
  subprotocol: `wamp.2.${serializer.toLowerCase()}`,
  cancelModes: ["skip", "kill", "killnowait"],
  without: ["on_revoked"],
  join: async ({ webSocket: url }, login, announces = {}) => {
    const module = await import(`wampy/${serializer}Serializer.js`);
    const Serializer = module[`${serializer}Serializer`];
    const cra = await import("wampy/wampcra.js");
    const wampy = new Wampy(url, {
      ...{ realm: "realm", ws: WebSocket, serializer: new Serializer() },
      autoReconnect: false,
      ...(login
        ? {
            ...{ authid: login.authid, authmethods: [login.method] },
            authPlugins: {
              ticket: () => login.secret,
              wampcra: cra.sign(login.secret ?? ""),
            },
            authMode: "auto",
          }
        : {}),
    });
    for (const [role, features] of Object.entries(announces))
      for (const feature of features) wampy._wamp_features.roles[role].features[feature] = true;
    const details = (await wampy.connect()) as Details;
    return {
      ...{ id: wampy.getSessionId(), details },
      call: (uri, args, options, onProgress, kwargs) => {
        const result = wampy
          .call(
            uri,
            { argsList: args ?? [], ...(kwargs ? { argsDict: kwargs } : {}) },
            {
              ...options,
              ...(onProgress
                ? { progress_callback: ({ argsList }: Untyped) => onProgress(argsList?.[0]) }
                : {}),
            },
          )
          .then(
            ({ argsList }: Untyped) => (argsList?.length > 1 ? argsList : argsList?.[0]),
            (error: unknown) => Promise.reject(uriOf(error)),
          );
        const request = wampy.getOpStatus().reqId;
        return Object.assign(result, { cancel: (mode: string) => wampy.cancel(request, { mode }) });
      },
      callInParts: (uri, [first, ...rest], onProgress) => {
        const progress_callback = ({ argsList }: Untyped) => onProgress?.(argsList?.[0]);
        const { result, sendData } = wampy.progressiveCall(
          uri,
          { argsList: [first] },
          { progress_callback },
        );
        const isLast = (i: number) => i === rest.length - 1;
        for (const [i, part] of rest.entries())
          sendData({ argsList: [part] }, { progress: !isLast(i) });
        if (rest.length === 0) sendData(undefined, { progress: false });
        return result.then(
          ({ argsList }: Untyped) => argsList?.[0],
          (error: unknown) => Promise.reject(uriOf(error)),
        );
      },
      register: (uri, handler, options) =>
        wampy
          .register(
            uri,
            ({ argsList, details: told, result_handler: answer }: Untyped) => {
              const progress = (value: unknown) =>
                answer({ argsList: [value], options: { progress: true } });
              return Promise.resolve(handler(argsList ?? [], told, progress)).then((value) => ({
                argsList: [value],
              }));
            },
            options,
          )
          .catch((error: unknown) => Promise.reject(uriOf(error))),
      subscribe: (uri, handler, options) =>
        wampy.subscribe(
          uri,
          ({ argsList, details: told }: Untyped) => handler(argsList ?? [], told),
          options,
        ),
      publish: (uri, args, options) => wampy.publish(uri, { argsList: args }, options),
      close: () => wampy.disconnect(),
    };
  },
});

// A collector of spans that keeps what it gets: OTLP over HTTP, as JSON.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SpanAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

/** A span as OTLP has it in JSON, with the service that its resource names. */
export interface ReceivedSpan {
  readonly service: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: readonly SpanAttribute[];
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly SpanAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<ReceivedSpan, "service">[] }[];
  }[];
}

export interface Collector {
  readonly url: string;
  readonly received: ReceivedSpan[];
  /** Answers 400 to everything: what comes then is lost. */
  isAway: boolean;
  close(): void;
}

/** What an attribute of this name says. */
export const attribute = (attributes: readonly SpanAttribute[] = [], key: string) => {
  const value = attributes.find((each) => each.key === key)?.value;
  return value?.stringValue ?? value?.intValue;
};

/** Opens one on a free port of loopback. */
export const openCollector = async (): Promise<Collector> => {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    if (collector.isAway) {
      response.writeHead(400).end();
      return;
    }
    for (const { resource, scopeSpans } of (JSON.parse(text) as Sent).resourceSpans)
      for (const span of scopeSpans.flatMap(({ spans }) => spans))
        collector.received.push({
          ...span,
          service: String(attribute(resource.attributes, "service.name")),
        });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    ...{ received: [], isAway: false },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return collector;
};

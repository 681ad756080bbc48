// An API of others' words beside ours, on the same server. The server's own refusals at its addresses are in its words, too.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApiDependencies } from "./api.ts";

export interface ForeignApi {
  /** Whether what goes wrong at a path, as it was sent, is told in its words. */
  owns(path: string): boolean;
  /** Adds its routes; hooks that it adds are those of its own routes only. */
  mount(server: FastifyInstance, deps: ApiDependencies): void;
  /** What may be asked at a path that there is; nothing for one that there is not. */
  methodsAt(path: string): readonly string[];
  /** Answers what the server itself refuses: a damaged request, an address or a method that there is not. */
  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/** The path of an address, as it was sent. */
export const pathIn = (url: string): string => url.split("?", 1)[0] ?? "";

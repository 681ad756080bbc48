// How a module hands its live topics to the event socket: data and functions, so that modules know no socket.
import type { TopicData, TopicName } from "@s4t/contract";
import type { Action, Actor, Scope } from "../policy/index.ts";

/** Somebody who watches a topic. */
export interface Watcher<Data> {
  readonly actor: Actor;
  readonly scope: Scope;
  /** What stands after the colon of the topic; empty for topics without. */
  readonly argument: string;
  /** Cursor that the client has seen, where it resumes. */
  readonly since: number | undefined;
  /** Sends a change. Changes of one flush are merged by the source's `merge`. */
  push(data: Data): void;
}

/** What a watcher is told first, and how watching ends. */
export interface Opened<Data> {
  readonly kind: "snapshot" | "change";
  readonly data: Data;
  close(): void;
}

/** A topic. `open` throws what the reader may see: `board.not-found`, `policy.denied`. */
export interface TopicSource<Name extends TopicName = TopicName> {
  readonly name: Name;
  readonly action: Action;
  open(watcher: Watcher<TopicData[Name]>): Promise<Opened<TopicData[Name]>>;
  merge(earlier: TopicData[Name], later: TopicData[Name]): TopicData[Name];
}

/** A source with its name's types forgotten, as the socket holds them. */
export type AnyTopicSource = {
  readonly name: TopicName;
  readonly action: Action;
  open(watcher: Watcher<unknown>): Promise<Opened<unknown>>;
  merge(earlier: unknown, later: unknown): unknown;
};

/** Forgets a source's types: the socket only passes data on. */
export const topicSource = <Name extends TopicName>(source: TopicSource<Name>): AnyTopicSource =>
  source as unknown as AnyTopicSource;

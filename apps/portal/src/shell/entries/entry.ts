import type { TextKey } from "../../text/text.ts";
import type { IconName } from "../../ui/icon.tsx";

/** One line of the navigation. */
export interface Entry {
  readonly to: string;
  readonly word: TextKey;
  readonly icon: IconName;
  /** Letter that opens it, after `g`. */
  readonly key: string;
  /** On phones behind "More": a bar for the thumb has room for few. */
  readonly minor: boolean;
  /** Action that somebody needs somewhere to have any use of the page; none: everybody. */
  readonly action: string | null;
}

// The shapes of states: told apart in grey scale at 12 px. Shape carries, colour confirms, a word settles.
import type { ReactNode } from "react";
import css from "./glyph.module.css";

export const tones = ["ok", "warn", "bad", "busy", "calm"] as const;
export type Tone = (typeof tones)[number];

const shapes = {
  disc: <circle cx="8" cy="8" r="5" fill="currentColor" />,
  triangle: (
    <>
      <path
        d="M8 1.9 15 14H1z"
        fill="currentColor"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinejoin="round"
      />
      <path d="M8 6v3.7M8 12v.01" className={css.mark} strokeWidth="1.7" />
    </>
  ),
  square: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="2.5" fill="currentColor" />
      <path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" className={css.mark} strokeWidth="1.8" />
    </>
  ),
  moon: <path d="M12.8 10.2A5.7 5.7 0 0 1 6 2.8a5.7 5.7 0 1 0 6.8 7.4z" fill="currentColor" />,
  ring: (
    <>
      <circle
        cx="8"
        cy="8"
        r="5.3"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        opacity=".45"
      />
      <path d="M8 2.7A5.3 5.3 0 0 1 13.3 8H8z" fill="currentColor" />
    </>
  ),
  dashed: (
    <circle
      cx="8"
      cy="8"
      r="5.3"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeDasharray="2.6 2.950"
    />
  ),
  diamond: (
    <>
      <path
        d="M8 1.6 14.4 8 8 14.4 1.6 8z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <path
        d="M6.5 6.7a1.5 1.5 0 1 1 2.3 1.3c-.6.4-.8.7-.8 1.2M8 11v.01"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
      />
    </>
  ),
  bar: <rect x="2" y="6" width="12" height="4" rx="1" fill="currentColor" />,
  tick: (
    <>
      <circle cx="8" cy="8" r="5.7" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path
        d="m5.3 8.2 1.9 1.9 3.5-4"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="5.7" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path
        d="M8 5v3.2l2 1.2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
      />
    </>
  ),
  barred: (
    <>
      <circle cx="8" cy="8" r="5.7" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="m4.2 4.2 7.6 7.6" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
  change: (
    <path
      d="M8 2.3 14 8l-6 5.7L2 8z"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinejoin="round"
    />
  ),
} as const satisfies Readonly<Record<string, ReactNode>>;
export type Shape = keyof typeof shapes;

export const Glyph = ({
  shape,
  tone,
  size = 14,
}: {
  readonly shape: Shape;
  readonly tone: Tone;
  readonly size?: number;
}) => (
  <svg
    className={css.glyph}
    data-tone={tone}
    width={size}
    height={size}
    viewBox="0 0 16 16"
    aria-hidden="true"
    focusable="false"
  >
    {shapes[shape]}
  </svg>
);

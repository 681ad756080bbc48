// Line icons, 20 px grid, one stroke width. They decorate: the words beside them are what a reader hears.
const paths = {
  layers: "M10 3 3 6.7l7 3.6 7-3.6zM3.4 10.2 10 13.6l6.6-3.4M3.4 13.6 10 17l6.6-3.4",
  map: "m3 5.4 4.7-2 4.6 2 4.7-2v11.2l-4.7 2-4.6-2-4.7 2zM7.7 3.4v11.2M12.3 5.4v11.2",
  board:
    "M5.5 5.5h9v9h-9zM8.2 8.2h3.6v3.6H8.2zM8 2.8v2.7M12 2.8v2.7M8 14.5v2.7M12 14.5v2.7M2.8 8h2.7M2.8 12h2.7M14.5 8h2.7M14.5 12h2.7",
  users:
    "M7.6 9.4a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8M2.4 16.4c.3-2.9 2.2-4.5 5.2-4.5s4.9 1.6 5.2 4.5M12.6 4a2.7 2.7 0 0 1 0 5.2M14.6 12.3c1.8.6 2.8 2 3 4.1",
  folder: "M3 5.2h5l1.6 2H17v8.6H3z",
  key: "M7.2 12.8a3.9 3.9 0 1 1 3.5-5.6H17v3.1h-2v2.3h-3.1v-2.2h-1.3a3.9 3.9 0 0 1-3.4 2.4M6.8 8.9h.01",
  file: "M5.2 2.9h6.2l3.4 3.4v10.8H5.2zM11.2 3v3.5h3.5M7.6 10h4.8M7.6 13h4.8",
  search: "M8.8 14.4a5.6 5.6 0 1 0 0-11.2 5.6 5.6 0 0 0 0 11.2M13 13l4.2 4.2",
  sun: "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M10 2.4v1.8M10 15.8v1.8M2.4 10h1.8M15.8 10h1.8M4.6 4.6l1.3 1.3M14.1 14.1l1.3 1.3M15.4 4.6l-1.3 1.3M5.9 14.1l-1.3 1.3",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  down: "m5.5 8 4.5 4.5L14.5 8",
  left: "m12.5 4.5-5.5 5.5 5.5 5.5",
  right: "m7.5 4.5 5.5 5.5-5.5 5.5",
  up: "m5.5 12 4.5-4.5 4.5 4.5",
  copy: "M7.4 7.4h9v9h-9zM12.6 7.2V3.6h-9v9h3.6",
  check: "m4.2 10.6 3.9 3.9 7.7-8.6",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14M10 6v4.2l2.7 1.6",
  pin: "M10 17.4c3.6-3.7 5.4-6.6 5.4-8.9a5.4 5.4 0 0 0-10.8 0c0 2.3 1.8 5.2 5.4 8.9M10 10.4a2 2 0 1 0 0-4 2 2 0 0 0 0 4",
  more: "M4.6 10h.02M10 10h.02M15.4 10h.02",
  close: "m5 5 10 10M15 5 5 15",
  refresh:
    "M16.4 8A6.8 6.8 0 0 0 4 7.4M3.6 12A6.8 6.8 0 0 0 16 12.6M4 3.6v3.8h3.8M16 16.4v-3.8h-3.8",
  power: "M10 2.8v6.6M5.9 5.4a6.6 6.6 0 1 0 8.2 0",
  signal: "M4 16v-3M8 16v-6M12 16V7M16 16V4",
  cloud: "M6 15.6a3.7 3.7 0 0 1-.4-7.4 4.7 4.7 0 0 1 9-.7 4.1 4.1 0 0 1-.4 8.1z",
  link: "M8.4 11.6a3.2 3.2 0 0 0 4.6 0l2.7-2.7a3.2 3.2 0 0 0-4.6-4.6l-1 1M11.6 8.4a3.2 3.2 0 0 0-4.6 0l-2.7 2.7a3.2 3.2 0 0 0 4.6 4.6l1-1",
  sliders: "M3 6h7M14 6h3M3 14h3M10 14h7M12 4.2v3.6M8 12.2v3.6",
  archive: "M3.2 4h13.6v3.6H3.2zM4.6 7.6v8.6h10.8V7.6M8.2 10.6h3.6",
  logout: "M8 3.2H3.6v13.6H8M13 6.4 16.6 10 13 13.6M16.4 10H7.6",
  edit: "m4 16 .8-3.4 8.4-8.4 2.6 2.6-8.4 8.4zM11.6 5.8l2.6 2.6",
  shield: "M10 2.8 4 5v4.8c0 3.6 2.4 6.1 6 7.4 3.6-1.3 6-3.8 6-7.4V5zM7.4 9.9l1.9 1.9 3.5-3.8",
  play: "M6.2 4.2v11.6l9.2-5.8z",
  fit: "M3.4 7.4v-4h4M12.6 3.4h4v4M16.6 12.6v4h-4M7.4 16.6h-4v-4",
  language:
    "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14M3.2 10h13.6M10 3c2 2 3 4.3 3 7s-1 5-3 7c-2-2-3-4.3-3-7s1-5 3-7",
  alert: "M10 3 2.8 16h14.4zM10 8v3.8M10 13.9v.02",
} as const;
export type IconName = keyof typeof paths;

export const Icon = ({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    strokeWidth={name === "more" ? 2.2 : 1.5}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={paths[name]} />
  </svg>
);

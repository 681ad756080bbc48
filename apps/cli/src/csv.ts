// Lines for spreadsheets (RFC 4180).

const cell = (text: string): string =>
  /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** One line, with its end. */
export const csvLine = (...cells: readonly (string | number | null)[]): string =>
  `${cells.map((each) => cell(String(each ?? ""))).join(",")}\n`;

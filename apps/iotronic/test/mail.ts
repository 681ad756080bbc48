// Letters as they arrived, read by a parser that is not of whoever wrote them.
import PostalMime from "postal-mime";
import type { ArrivedMail } from "../src/ports/mail.conformance.ts";

/** Reads one (RFC 5322). */
export const readMail = async (bytes: Uint8Array): Promise<ArrivedMail> => {
  const { from, to, subject, text, headers } = await PostalMime.parse(bytes);
  const [first, ...more] = to ?? [];
  return {
    from: `${from?.name} <${from?.address}>`,
    to: more.length > 0 ? `${to?.length} addresses` : (first?.address ?? ""),
    subject: subject ?? "",
    text: (text ?? "").replaceAll("\r\n", "\n"),
    headers: headers.map(({ key }) => key.toLowerCase()),
  };
};

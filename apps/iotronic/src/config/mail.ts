import { oneOf, secret, text } from "./setting.ts";

export const mailSettings = {
  "mail.driver": oneOf(
    ["none", "file", "smtp"],
    "none",
    "How mail leaves: none (nobody gets a link for a lost password), files in a folder, or by SMTP.",
  ),
  "mail.from": text("Stack4Things <stack4things@localhost>", "Whom mail is from."),
  "mail.folder": text(null, "Folder of mail that leaves as files; DIR/mail unless said."),
  "mail.smtp.url": secret(
    "Relay that mail leaves by: smtps://user:password@mail.example, or smtp:// with STARTTLS, which only loopback may do without.",
  ),
} as const;

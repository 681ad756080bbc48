export type { SmtpMailOptions } from "./config.ts";
export { isSmtpUrl, smtpMail } from "./smtp.ts";

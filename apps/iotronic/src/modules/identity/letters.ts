// What the cloud writes to people, in the languages of the portal.
import type { Language } from "@s4t/contract";

interface Letter {
  readonly subject: string;
  readonly text: string;
}

/** What fills a letter. */
export interface LetterFacts {
  /** What the cloud is called. */
  readonly cloud: string;
  readonly name: string;
  readonly link: string;
  readonly minutes: number;
}

export type LetterKind = "new-password" | "confirm-mail" | "password-changed" | "mail-changed";

const letters: Record<Language, Record<LetterKind, (facts: LetterFacts) => Letter>> = {
  en: {
    "new-password": ({ cloud, name, link, minutes }) => ({
      subject: `${cloud}: a new password for ${name}`,
      text: `Somebody, perhaps you, asked for a new password for ${name} at ${cloud}.\n\nThis link sets one. It is good once, for ${minutes} minutes:\n\n${link}\n\nIf it was not you, do nothing: your password stays as it is.\n`,
    }),
    "confirm-mail": ({ cloud, name, link, minutes }) => ({
      subject: `${cloud}: is this your address?`,
      text: `${name} at ${cloud} has this address. If that is you, open this link. It is good once, for ${minutes} minutes:\n\n${link}\n\nIf it is not, do nothing.\n`,
    }),
    "password-changed": ({ cloud, name, link }) => ({
      subject: `${cloud}: your password was changed`,
      text: `The password of ${name} at ${cloud} was changed by a link that was sent to this address. All sessions have ended.\n\nIf it was not you, tell an administrator, and ask for a new password:\n\n${link}\n`,
    }),
    "mail-changed": ({ cloud, name }) => ({
      subject: `${cloud}: your address was changed`,
      text: `${name} at ${cloud} has another address from now on; nothing more about this account comes here.\n\nIf it was not you, tell an administrator.\n`,
    }),
  },
  it: {
    "new-password": ({ cloud, name, link, minutes }) => ({
      subject: `${cloud}: una nuova password per ${name}`,
      text: `Qualcuno, forse tu, ha chiesto una nuova password per ${name} su ${cloud}.\n\nQuesto collegamento ne imposta una. Vale una volta, per ${minutes} minuti:\n\n${link}\n\nSe non sei stato tu, non fare nulla: la password resta com’è.\n`,
    }),
    "confirm-mail": ({ cloud, name, link, minutes }) => ({
      subject: `${cloud}: è il tuo indirizzo?`,
      text: `${name} su ${cloud} ha questo indirizzo. Se sei tu, apri questo collegamento. Vale una volta, per ${minutes} minuti:\n\n${link}\n\nAltrimenti non fare nulla.\n`,
    }),
    "password-changed": ({ cloud, name, link }) => ({
      subject: `${cloud}: la tua password è cambiata`,
      text: `La password di ${name} su ${cloud} è stata cambiata con un collegamento inviato a questo indirizzo. Tutte le sessioni sono terminate.\n\nSe non sei stato tu, avvisa un amministratore e chiedi una nuova password:\n\n${link}\n`,
    }),
    "mail-changed": ({ cloud, name }) => ({
      subject: `${cloud}: il tuo indirizzo è cambiato`,
      text: `${name} su ${cloud} ha d’ora in poi un altro indirizzo; qui non arriva più nulla di questo account.\n\nSe non sei stato tu, avvisa un amministratore.\n`,
    }),
  },
};

/** A letter in a language. */
export const letterOf = (kind: LetterKind, language: Language, facts: LetterFacts): Letter =>
  letters[language][kind](facts);

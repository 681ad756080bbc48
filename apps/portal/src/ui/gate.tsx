// What the pages stand in before one is signed in: the name, what is asked, the languages.
import type { ReactNode } from "react";
import { currentLanguage, languages, setLanguage, useText } from "../text/text.ts";
import css from "./gate.module.css";
import { Icon } from "./icon.tsx";

export const Gate = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) => {
  const t = useText();
  return (
    <main className={css.page}>
      <div className={css.form}>
        <div className={css.brand}>
          <Icon name="layers" size={30} />
          <span>Stack4Things</span>
        </div>
        <h1>{title}</h1>
        {children}
        <div className={css.languages}>
          {languages.map((language) => (
            <button
              key={language}
              type="button"
              aria-pressed={language === currentLanguage()}
              lang={language}
              onClick={() => void setLanguage(language)}
            >
              {t(`language.${language}`)}
            </button>
          ))}
        </div>
      </div>
      <div className={css.quiet} aria-hidden="true">
        <Icon name="layers" size={420} />
      </div>
    </main>
  );
};

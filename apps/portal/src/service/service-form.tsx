// What a service is: a name and where on the board it listens.
import { useText } from "../text/text.ts";
import { Field } from "../ui/field.tsx";
import form from "../ui/form.module.css";

export interface ServiceDraft {
  readonly name: string;
  readonly port: string;
  readonly host: string;
}

export const emptyService: ServiceDraft = { name: "", port: "", host: "" };

export const ServiceFields = ({
  draft,
  fixedName = false,
  error,
  onChange,
}: {
  readonly draft: ServiceDraft;
  readonly fixedName?: boolean;
  readonly error?: string | null;
  readonly onChange: (next: ServiceDraft) => void;
}) => {
  const t = useText();
  return (
    <>
      <div className={form.pair}>
        <Field
          label={t("boards.name")}
          placeholder="web"
          required
          readOnly={fixedName}
          maxLength={63}
          pattern="[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
          title={t("editor.name-hint")}
          autoComplete="off"
          autoCapitalize="none"
          value={draft.name}
          error={error ?? null}
          onChange={(event) => onChange({ ...draft, name: event.target.value })}
        />
        <Field
          label={t("service.port")}
          type="number"
          min={1}
          max={65_535}
          required
          placeholder="80"
          value={draft.port}
          onChange={(event) => onChange({ ...draft, port: event.target.value })}
        />
      </div>
      <Field
        label={t("service.host")}
        hint={t("service.host-hint")}
        placeholder="127.0.0.1"
        autoComplete="off"
        value={draft.host}
        onChange={(event) => onChange({ ...draft, host: event.target.value })}
      />
    </>
  );
};

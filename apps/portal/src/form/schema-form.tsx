// A form out of a JSON Schema, its visible half. Who holds the draft decides what happens with the value.
import { useMemo, useState } from "react";
import { type Translate, useText } from "../text/text.ts";
import { Field, Lines, Select } from "../ui/field.tsx";
import form from "../ui/form.module.css";
import {
  type Draft,
  draftOf,
  type FieldFault,
  type FormField,
  formOf,
  type ReadForm,
  readDraft,
  type Schema,
} from "./draft.ts";
import css from "./schema-form.module.css";

export interface SchemaDraft {
  readonly form: FormField;
  readonly draft: Draft;
  readonly read: ReadForm;
  readonly isSound: boolean;
  set(at: string, text: string): void;
}

/**
 * The draft of a form: starts with what is given, over the schema's defaults. When the schema becomes another one (by identity),
 * fields that are still there keep what was typed.
 */
export const useSchemaDraft = (schema: Schema | null, given?: unknown): SchemaDraft => {
  const made = useMemo(() => formOf(schema), [schema]);
  const [state, setState] = useState(() => ({ form: made, draft: draftOf(made, given) }));
  let { draft } = state;
  if (state.form !== made) {
    const fresh = draftOf(made, given);
    const typed = Object.entries(state.draft).filter(([at, text]) => at in fresh && text !== "");
    draft = { ...fresh, ...Object.fromEntries(typed) };
    setState({ form: made, draft });
  }
  const read = useMemo(() => readDraft(made, draft), [made, draft]);
  return {
    form: made,
    draft,
    read,
    isSound: Object.keys(read.faults).length === 0,
    set: (at, text) =>
      setState((previous) => ({ ...previous, draft: { ...previous.draft, [at]: text } })),
  };
};

const sentence = (t: Translate, fault: FieldFault | undefined): string | null =>
  fault ? t(`form.${fault.key}`, fault.values) : null;

const One = ({ of, field }: { readonly of: SchemaDraft; readonly field: FormField }) => {
  const t = useText();
  const { at, kind, schema, required } = field;
  const common = {
    label: required ? field.title : t("form.optional", { name: field.title }),
    hint: field.description,
    error: sentence(t, of.read.faults[at]),
    value: of.draft[at] ?? "",
  };
  const change = (event: { target: { value: string } }) => of.set(at, event.target.value);
  if (kind === "boolean" || kind === "choice") {
    const options =
      kind === "boolean"
        ? [
            ["true", t("form.yes")],
            ["false", t("form.no")],
          ]
        : (schema.enum as readonly unknown[]).map((value, i) => [
            String(i),
            typeof value === "string" ? value : JSON.stringify(value),
          ]);
    return (
      <Select {...common} onChange={change}>
        {(!required || common.value === "") && <option value="">–</option>}
        {options.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </Select>
    );
  }
  if (kind === "json") return <Lines {...common} rows={3} onChange={change} />;
  const isNumber = kind === "number" || kind === "integer";
  return (
    <Field
      {...common}
      autoComplete="off"
      inputMode={kind === "integer" ? "numeric" : isNumber ? "decimal" : "text"}
      onChange={change}
    />
  );
};

const Group = ({ of, field }: { readonly of: SchemaDraft; readonly field: FormField }) => (
  <fieldset className={css.group}>
    <legend>{field.title}</legend>
    {field.description && <p className={css.about}>{field.description}</p>}
    <Fields of={of} fields={field.fields} />
  </fieldset>
);

const Fields = ({
  of,
  fields,
}: {
  readonly of: SchemaDraft;
  readonly fields: readonly FormField[];
}) => (
  <div className={form.form}>
    {fields.map((field) =>
      field.kind === "group" ? (
        <Group key={field.at} of={of} field={field} />
      ) : (
        <One key={field.at} of={of} field={field} />
      ),
    )}
  </div>
);

export const SchemaForm = ({ of }: { readonly of: SchemaDraft }) => {
  const t = useText();
  const { form: whole } = of;
  if (whole.kind !== "group") {
    const json = { ...whole, title: t("form.parameters-json"), required: true };
    return <One of={of} field={json} />;
  }
  if (whole.fields.length === 0) return <p className={css.about}>{t("form.no-parameters")}</p>;
  return <Fields of={of} fields={whole.fields} />;
};

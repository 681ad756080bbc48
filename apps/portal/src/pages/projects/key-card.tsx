// The key that makes code good on a project's boards: who holds it, another one in its place, and how its owner takes it.
import { useState } from "react";
import { useNow } from "../../live/clock.ts";
import type { Project } from "../../live/contract.ts";
import { formatDay, toMs } from "../../text/format.ts";
import { refusalOf, showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, Facts } from "../../ui/card.tsx";
import { CopyButton, CopyLine } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Failure, Loading, Notice } from "../../ui/notice.tsx";
import { showToast } from "../../ui/toast.tsx";
import css from "./key-card.module.css";
import { useProjectKey, useRekey } from "./queries.ts";

/** As much of a key as the page of a version shows of whose it is, in groups. */
const fingerprintOf = (key: string): string => key.slice(0, 16).replace(/(.{4})(?=.)/g, "$1 ");

/** A name that no shell reads otherwise, else the id. */
const argumentOf = ({ name, uuid }: Project): string => (/^[\w][\w.-]*$/.test(name) ? name : uuid);

const RekeyDialog = ({
  project,
  onClose,
}: {
  readonly project: Project;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const rekey = useRekey(project.uuid);
  const [typed, setTyped] = useState("");
  return (
    <Dialog
      title={t("key.replace-title", { name: project.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            changes
            kind="danger"
            busy={rekey.isPending}
            offBecause={typed === project.name ? null : t("retire.type-name")}
            onClick={() =>
              rekey.mutate(undefined, {
                onSuccess: ({ number }) => {
                  showToast({
                    tone: "ok",
                    title: t("key.replaced", { name: project.name, n: number }),
                    detail: t("key.replaced-boards"),
                  });
                  onClose();
                },
              })
            }
          >
            {t("key.replace")}
          </Button>
        </>
      }
    >
      <div className={form.form}>
        <ul className={css.effects}>
          <li>{t("key.effect-signed")}</li>
          <li>{t("key.effect-boards")}</li>
          <li>{t("key.effect-refused")}</li>
          <li>{t("key.effect-for-good")}</li>
        </ul>
        <Field
          label={t("retire.type-name")}
          placeholder={project.name}
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        {rekey.error && (
          <Notice tone="bad" icon="alert">
            {showProblem(rekey.error).sentence} <code>{showProblem(rekey.error).code}</code>
          </Notice>
        )}
      </div>
    </Dialog>
  );
};

export const KeyCard = ({ project }: { readonly project: Project }) => {
  const t = useText();
  const now = useNow();
  const read = useProjectKey(project.uuid);
  const [replacing, setReplacing] = useState(false);
  if (!read.data)
    return (
      <Card title={t("key.title", { name: project.name })}>
        {read.isError ? (
          <Failure error={read.error} onRetry={() => void read.refetch()} />
        ) : (
          <Loading rows={3} />
        )}
      </Card>
    );
  const { key, level, since, number } = read.data;
  const at = toMs(since);
  const isSealed = level === "sealed";
  const name = argumentOf(project);
  const command = isSealed
    ? `./s4t project rekey ${name} --key ~/${name}.key --new-key ~/${name}-2.key`
    : `./s4t project seal ${name} --key ~/${name}.key`;
  return (
    <Card
      title={t("key.title", { name: project.name })}
      aside={
        !isSealed && (
          <Button
            changes
            icon="refresh"
            offBecause={refusalOf(project, "rekey")}
            onClick={() => setReplacing(true)}
          >
            {t("key.replace-more")}
          </Button>
        )
      }
    >
      <div className={css.narrow}>
        <Facts
          rows={[
            [t("key.held"), t(isSealed ? "key.held-sealed" : "key.held-managed")],
            [
              t("key.fingerprint"),
              <span key="key" className={css.key}>
                <code>{fingerprintOf(key)}</code>
                <CopyButton value={key} />
              </span>,
            ],
            [
              t("key.since"),
              <span key="since">
                {at !== null && formatDay(at, now)} (<Age at={at} now={now} />)
              </span>,
            ],
            [
              t("key.number"),
              number === 1
                ? t("key.number-first", { n: 1 })
                : t("key.number-value", { n: number, count: number - 1 }),
            ],
          ]}
        />
      </div>
      <div className={`${css.narrow} ${css.about}`}>
        <p>{t(isSealed ? "key.sealed-means" : "key.managed-means")}</p>
        <h3>{t(isSealed ? "key.rekey-here" : "key.seal-here")}</h3>
        <p>{t(isSealed ? "key.rekey-why" : "key.seal-why")}</p>
        <CopyLine value={command} />
        {!isSealed && <p>{t("key.seal-lost")}</p>}
      </div>
      {replacing && <RekeyDialog project={project} onClose={() => setReplacing(false)} />}
    </Card>
  );
};

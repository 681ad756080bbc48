// Opens a service of the board on a public port: a known one or a new one, for whom and for how long.
import { useParams } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import type { Board, Exposure } from "../../../live/contract.ts";
import { useCreateService, useExpose, useServices } from "../../../live/services.ts";
import { emptyService, ServiceFields } from "../../../service/service-form.tsx";
import { showProblem } from "../../../text/problem.ts";
import { useText } from "../../../text/text.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field, Lines, Select } from "../../../ui/field.tsx";
import form from "../../../ui/form.module.css";
import { Loading } from "../../../ui/notice.tsx";

const NEW = "new";
const lives = [3_600, 86_400, 604_800, 2_592_000] as const;
const KEEP = "keep";

const linesOf = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");

export const ExposeDialog = ({
  board,
  present,
  onClose,
}: {
  readonly board: Board;
  /** It is exposed already: how is changed. */
  readonly present?: Exposure | undefined;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const list = useServices(project);
  const create = useCreateService();
  const expose = useExpose();
  const services = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const [chosen, setChosen] = useState(present?.service.uuid);
  const [made, setMade] = useState(emptyService);
  const [port, setPort] = useState(present ? String(present.publicPort) : "");
  const [sources, setSources] = useState(present?.sources.join("\n") ?? "");
  const [life, setLife] = useState(present ? KEEP : "");
  const service = chosen ?? services[0]?.uuid ?? NEW;
  const isNew = service === NEW;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const { uuid } = isNew
        ? await create.mutateAsync({
            name: made.name,
            port: Number(made.port),
            host: made.host || undefined,
          })
        : { uuid: service };
      // Made once: a second try after a refusal exposes the one that is there.
      if (isNew) setChosen(uuid);
      await expose.mutateAsync({
        board: board.uuid,
        service: uuid,
        publicPort: port === "" ? undefined : Number(port),
        sources: linesOf(sources),
        ...(life === KEEP ? {} : { ttlS: life === "" ? null : Number(life) }),
      });
      onClose();
    } catch {
      // Shown below, by the mutations themselves.
    }
  };
  return (
    <Dialog
      title={
        present
          ? t("service.change", { name: present.service.name })
          : t("service.expose-of", { board: board.name })
      }
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={create.isPending || expose.isPending}>
            {present ? t("do.save") : t("do.expose")}
          </Button>
        </>
      }
    >
      {list.isPending ? (
        <Loading rows={4} />
      ) : (
        <form id={id} className={form.form} onSubmit={(event) => void submit(event)}>
          <Select
            label={t("service.one")}
            value={service}
            disabled={present !== undefined}
            onChange={(event) => setChosen(event.target.value)}
          >
            {services.map((each) => (
              <option key={each.uuid} value={each.uuid}>
                {each.name} ({each.port})
              </option>
            ))}
            <option value={NEW}>{t("service.new")}</option>
          </Select>
          {isNew && (
            <ServiceFields
              draft={made}
              error={create.error ? showProblem(create.error).sentence : null}
              onChange={setMade}
            />
          )}
          <div className={form.pair}>
            <Field
              label={t("form.optional", { name: t("service.public-port") })}
              hint={t("service.public-port-hint")}
              type="number"
              min={1}
              max={65_535}
              value={port}
              onChange={(event) => setPort(event.target.value)}
            />
            <Select
              label={t("service.life")}
              value={life}
              onChange={(event) => setLife(event.target.value)}
            >
              {present && <option value={KEEP}>{t("service.life-as-is")}</option>}
              <option value="">{t("service.no-end")}</option>
              {lives.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds < 86_400
                    ? t("unit.h", { n: seconds / 3_600 })
                    : t("tokens.days", { count: seconds / 86_400 })}
                </option>
              ))}
            </Select>
          </div>
          <Lines
            label={t("form.optional", { name: t("service.sources") })}
            hint={t("service.sources-hint")}
            placeholder={"192.0.2.0/24\n2001:db8::/32"}
            rows={2}
            value={sources}
            onChange={(event) => setSources(event.target.value)}
          />
          {expose.error && <p role="alert">{showProblem(expose.error).sentence}</p>}
        </form>
      )}
    </Dialog>
  );
};

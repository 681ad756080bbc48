// What the board holds the plugin to, and what it needs.
import { MAX_CALL_TIMEOUT_S, type PluginLimits } from "../../live/contract.ts";
import { useText } from "../../text/text.ts";
import { Check, Field, Lines } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import type { PluginDraft } from "./draft.ts";
import css from "./editor.module.css";

/** Bounds of each limit, as the contract has them. */
const bounds: Readonly<Record<keyof PluginLimits, readonly [least: number, most: number]>> = {
  memoryMiB: [16, 65_536],
  cpuPercent: [1, 6_400],
  processes: [1, 1_024],
  callS: [1, MAX_CALL_TIMEOUT_S],
};
const names = ["memoryMiB", "cpuPercent", "processes", "callS"] as const;

const paths = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export const LimitsPane = ({
  draft,
  onChange,
}: {
  readonly draft: PluginDraft;
  readonly onChange: (next: PluginDraft) => void;
}) => {
  const t = useText();
  const { limits, needs } = draft;
  return (
    <div className={css.limits}>
      <div className={form.form}>
        <h3>{t("editor.limits")}</h3>
        <div className={form.pair}>
          {names.map((name) => (
            <Field
              key={name}
              label={t(`editor.limit.${name}`)}
              type="number"
              min={bounds[name][0]}
              max={bounds[name][1]}
              required
              value={Number.isNaN(limits[name]) ? "" : limits[name]}
              onChange={(event) =>
                onChange({ ...draft, limits: { ...limits, [name]: event.target.valueAsNumber } })
              }
            />
          ))}
        </div>
        <Check
          label={t("plugin.isolated")}
          hint={t("editor.isolated-hint")}
          checked={draft.isolated}
          onChange={(event) => onChange({ ...draft, isolated: event.target.checked })}
        />
        <h3>{t("editor.needs")}</h3>
        <Check
          label={t("plugin.network")}
          checked={needs.network}
          onChange={(event) =>
            onChange({ ...draft, needs: { ...needs, network: event.target.checked } })
          }
        />
        <Check
          label={t("plugin.children")}
          checked={needs.children}
          onChange={(event) =>
            onChange({ ...draft, needs: { ...needs, children: event.target.checked } })
          }
        />
        <div className={form.pair}>
          <Lines
            label={t("plugin.reads")}
            hint={t("editor.paths-hint")}
            defaultValue={needs.read.join("\n")}
            onChange={(event) =>
              onChange({ ...draft, needs: { ...needs, read: paths(event.target.value) } })
            }
          />
          <Lines
            label={t("plugin.writes")}
            hint={t("editor.paths-hint")}
            defaultValue={needs.write.join("\n")}
            onChange={(event) =>
              onChange({ ...draft, needs: { ...needs, write: paths(event.target.value) } })
            }
          />
        </div>
      </div>
    </div>
  );
};

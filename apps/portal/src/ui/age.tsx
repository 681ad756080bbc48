// A moment as its age, with the whole truth on hover. The caller brings the clock, so that looks know no data source.
import { formatAge, formatMoment } from "../text/format.ts";
import { useText } from "../text/text.ts";

export const Age = ({ at, now }: { readonly at: number | null; readonly now: number }) => {
  const t = useText();
  if (at === null) return <span>{t("age.never")}</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatMoment(at)}>
      {formatAge(now - at)}
    </time>
  );
};

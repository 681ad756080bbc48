// What stands in place of a page that is not there or that broke.
import { useText } from "../text/text.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState, Failure } from "../ui/notice.tsx";

/** One page for both: what is not there, and what one may not see. */
export const NotFound = () => {
  const t = useText();
  return (
    <main>
      <EmptyState title={t("notfound.title")} icon="search">
        <a href="/app/">{t("notfound.home")}</a>
      </EmptyState>
    </main>
  );
};

/** A file of the page that cannot be loaded any more: the cloud was upgraded meanwhile. */
const isOldVersion = (error: unknown) =>
  error instanceof TypeError && /module|import/i.test(error.message);

export const RouteError = ({
  error,
  reset,
}: {
  readonly error: unknown;
  readonly reset: () => void;
}) => {
  const t = useText();
  if (isOldVersion(error))
    return (
      <EmptyState
        title={t("upgrade.title")}
        icon="refresh"
        action={
          <Button kind="primary" onClick={() => location.reload()}>
            {t("upgrade.reload")}
          </Button>
        }
      />
    );
  return (
    <main>
      <Failure error={error} onRetry={reset} />
    </main>
  );
};

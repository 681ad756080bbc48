// Start of the portal: theme and language first, so that nothing is painted twice.
import "./theme/fonts.css";
import "./theme/tokens.css";
import "./theme/base.css";
import { createRoot } from "react-dom/client";
import { Portal } from "./compose.tsx";
import { startText } from "./text/text.ts";
import { startTheme } from "./theme/theme.ts";

startTheme();
await startText();
const root = document.getElementById("root");
if (root) createRoot(root).render(<Portal />);

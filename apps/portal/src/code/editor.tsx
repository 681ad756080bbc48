// A code editor on CodeMirror. Its style sheet carries the page's nonce: the content security policy lets no other one in.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useEffectEvent, useRef } from "react";
import { nonceOfPage } from "../theme/theme.ts";
import css from "./editor.module.css";
import { type CodeLanguage, loadLanguage } from "./languages.ts";
import { editorColors, editorTheme } from "./look.ts";

export interface CodeEditorProps {
  readonly label: string;
  readonly value: string;
  readonly language: CodeLanguage;
  /** Not given: the text is only read. */
  readonly onChange?: (value: string) => void;
  /** A line to show, counted from 1, with why. */
  readonly fault?: { readonly line: number; readonly text: string } | undefined;
  /** As high as its text, instead of as its frame. */
  readonly grows?: boolean;
}

const unitOf = (language: CodeLanguage): string => (language === "python" ? "    " : "  ");

export const CodeEditor = ({ label, value, language, onChange, fault, grows }: CodeEditorProps) => {
  const frame = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const readOnly = onChange === undefined;
  const tell = useEffectEvent((text: string) => onChange?.(text));
  const initial = useEffectEvent(() => value);

  useEffect(() => {
    const parent = frame.current;
    if (!parent) return;
    const words = new Compartment();
    const made = new EditorView({
      parent,
      state: EditorState.create({
        doc: initial(),
        extensions: [
          EditorView.cspNonce.of(nonceOfPage()),
          editorTheme,
          syntaxHighlighting(editorColors),
          lineNumbers(),
          bracketMatching(),
          drawSelection(),
          words.of([]),
          indentUnit.of(unitOf(language)),
          // Named in the tab order: the frame scrolls, so the keyboard must reach it.
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          readOnly
            ? EditorState.readOnly.of(true)
            : [
                history(),
                indentOnInput(),
                highlightActiveLine(),
                highlightActiveLineGutter(),
                // Escape, then Tab leaves: CodeMirror keeps that way out by itself.
                keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
                EditorView.updateListener.of((update) => {
                  if (update.docChanged) tell(update.state.doc.toString());
                }),
              ],
        ],
      }),
    });
    view.current = made;
    let gone = false;
    void loadLanguage(language).then((extension) => {
      if (!gone) made.dispatch({ effects: words.reconfigure(extension) });
    });
    return () => {
      gone = true;
      view.current = null;
      made.destroy();
    };
  }, [label, language, readOnly]);

  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== value)
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const diagnostics: Diagnostic[] = [];
    if (fault && fault.line >= 1 && fault.line <= made.state.doc.lines) {
      const { from, to } = made.state.doc.line(fault.line);
      diagnostics.push({ from, to, severity: "error", message: fault.text });
    }
    made.dispatch(setDiagnostics(made.state, diagnostics));
    if (diagnostics[0]) made.dispatch({ effects: EditorView.scrollIntoView(diagnostics[0].from) });
  }, [fault]);

  return <div ref={frame} className={css.editor} data-grows={grows || undefined} />;
};

// The call flow beside its source: the page that `callroute graph --format html` prints, drawn anew when the script is saved.

import { execFile } from 'node:child_process';
import * as path from 'node:path';
import * as vscode from 'vscode';

/** A drawing larger than this is none that anybody would look at. */
const MOST_BYTES = 64 * 1024 * 1024;

export class Graphs implements vscode.Disposable {
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(private readonly program: (resource: vscode.Uri) => string | undefined) {
    this.subscriptions.push(
      vscode.workspace.onDidSaveTextDocument((document) => {
        // An imported file changes the drawing of the script that imports it.
        if (document.languageId === 'route' || /\.(csv|ics)$/i.test(document.uri.path)) {
          this.drawAll();
        }
      }),
      vscode.window.onDidChangeActiveColorTheme(() => this.drawAll()),
    );
  }

  show(script: vscode.Uri): void {
    const key = script.toString();
    let panel = this.panels.get(key);
    if (panel) {
      panel.reveal(undefined, true);
    } else {
      const title = `Call flow: ${path.basename(script.fsPath)}`;
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      panel = vscode.window.createWebviewPanel('callroute.graph', title, place, {
        enableScripts: true,
        enableFindWidget: true,
        retainContextWhenHidden: true,
        localResourceRoots: [],
      });
      panel.onDidDispose(() => this.panels.delete(key));
      this.panels.set(key, panel);
    }
    this.draw(script, panel);
  }

  private drawAll(): void {
    for (const [script, panel] of this.panels) {
      this.draw(vscode.Uri.parse(script), panel);
    }
  }

  private draw(script: vscode.Uri, panel: vscode.WebviewPanel): void {
    const program = this.program(script);
    if (program === undefined) {
      panel.webview.html = words('The program `callroute` was not found, so nothing can be drawn.', '');
      return;
    }
    const folder = path.dirname(script.fsPath);
    const ask = ['graph', script.fsPath, '--format', 'html', '--color', 'never'];
    execFile(program, ask, { cwd: folder, maxBuffer: MOST_BYTES, timeout: 60_000 }, (error, page, said) => {
      if (!this.panels.has(script.toString())) {
        return;
      }
      if (error) {
        panel.webview.html = words('The call flow cannot be drawn as long as the script has errors.', said || String(error.message));
      } else {
        panel.webview.html = inColours(page);
      }
    });
  }

  dispose(): void {
    for (const panel of this.panels.values()) {
      panel.dispose();
    }
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}

/** The page asks the system whether it is dark; here the editor's theme is asked. */
function inColours(page: string): string {
  const { kind } = vscode.window.activeColorTheme;
  const dark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
  return page
    .replaceAll('(prefers-color-scheme: dark)', dark ? '(min-width: 0)' : '(max-width: 0)')
    .replace('color-scheme: light dark', `color-scheme: ${dark ? 'dark' : 'light'}`);
}

function words(what: string, details: string): string {
  const safe = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!DOCTYPE html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body { font-family: var(--vscode-font-family); color: var(--vscode-foreground); padding: 1em } pre { font-family: var(--vscode-editor-font-family); white-space: pre-wrap }</style>
</head><body><p>${safe(what)}</p><pre>${safe(details)}</pre></body></html>`;
}

// Snippets for when no server runs. A running server offers the same ones in the places where they fit; beside it these would be in
// the list twice, and where nothing of the kind may stand.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';

type Snippets = Record<string, { prefix: string; description: string; body: string[] }>;

export function provideSnippets(context: vscode.ExtensionContext, serverRuns: () => boolean): vscode.Disposable {
  let items: vscode.CompletionItem[] | undefined;
  return vscode.languages.registerCompletionItemProvider('route', {
    provideCompletionItems: () => {
      if (serverRuns()) {
        return [];
      }
      items ??= Object.values(JSON.parse(readFileSync(join(context.extensionPath, 'snippets', 'route.json'), 'utf8')) as Snippets).map((snippet) => {
        const item = new vscode.CompletionItem(snippet.prefix, vscode.CompletionItemKind.Snippet);
        item.detail = snippet.description;
        item.insertText = new vscode.SnippetString(snippet.body.join('\n'));
        return item;
      });
      return items;
    },
  });
}

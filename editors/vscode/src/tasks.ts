// `callroute check` and `callroute test` as tasks, and the commands that run in a terminal.

import * as vscode from 'vscode';

/** Finds the program, or tells that it is missing and gives nothing. */
export type Program = (resource?: vscode.Uri) => string | undefined;

const KIND = 'callroute';

export function provideTasks(program: Program): vscode.Disposable {
  const task = (definition: vscode.TaskDefinition, scope: vscode.WorkspaceFolder | vscode.TaskScope): vscode.Task | undefined => {
    const file = program();
    if (file === undefined || (definition.command !== 'check' && definition.command !== 'test')) {
      return undefined;
    }
    const words = [definition.command, ...(typeof definition.path === 'string' ? [definition.path] : []), '--color', 'never'];
    const made = new vscode.Task(definition, scope, definition.command, KIND, new vscode.ProcessExecution(file, words), '$callroute');
    made.group = definition.command === 'check' ? vscode.TaskGroup.Build : vscode.TaskGroup.Test;
    return made;
  };
  return vscode.tasks.registerTaskProvider(KIND, {
    provideTasks: () =>
      (vscode.workspace.workspaceFolders ?? []).flatMap((folder) =>
        ['check', 'test'].flatMap((command) => task({ type: KIND, command }, folder) ?? []),
      ),
    resolveTask: (known) => task(known.definition, known.scope ?? vscode.TaskScope.Workspace),
  });
}

/** Runs the program with these words in a terminal that stays, so that what it said can be read. */
export async function inTerminal(file: string, words: string[], title: string, script: vscode.Uri): Promise<void> {
  await vscode.workspace.textDocuments.find((document) => document.uri.toString() === script.toString())?.save();
  const scope = vscode.workspace.getWorkspaceFolder(script) ?? vscode.TaskScope.Global;
  const folder = vscode.Uri.joinPath(script, '..').fsPath;
  const run = new vscode.ProcessExecution(file, words, { cwd: folder });
  const task = new vscode.Task({ type: KIND, command: words[0] ?? '', path: script.fsPath }, scope, title, KIND, run, []);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated, focus: words[0] === 'call', clear: true };
  await vscode.tasks.executeTask(task);
}

// Finds the `callroute` program: the setting, the PATH, what came with the extension.

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';

export type Found = { readonly file: string } | { readonly missing: string };

const NAME = process.platform === 'win32' ? 'callroute.exe' : 'callroute';

/** Where the program is, or in words why it is not. */
export function findServer(context: vscode.ExtensionContext, resource?: vscode.Uri): Found {
  const set = vscode.workspace.getConfiguration('callroute', resource).get<string>('server.path', '').trim();
  if (set !== '') {
    const file = expanded(set, resource);
    return isProgram(file) ? { file } : { missing: `There is no program at ${file}, which the setting callroute.server.path names.` };
  }
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, NAME);
    if (folder !== '' && isProgram(file)) {
      return { file };
    }
  }
  const bundled = path.join(context.extensionPath, 'server', NAME);
  if (isProgram(bundled)) {
    return { file: bundled };
  }
  return { missing: 'The program `callroute` is not on the PATH. Colours and snippets work without it; faults, completion and the rest need it.' };
}

function expanded(set: string, resource?: vscode.Uri): string {
  const folder = (resource && vscode.workspace.getWorkspaceFolder(resource)) ?? vscode.workspace.workspaceFolders?.[0];
  let file = set.startsWith('~/') ? path.join(os.homedir(), set.slice(2)) : set;
  if (folder) {
    file = file.replaceAll('${workspaceFolder}', folder.uri.fsPath);
  }
  return path.isAbsolute(file) || !folder ? file : path.join(folder.uri.fsPath, file);
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

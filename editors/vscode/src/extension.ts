// Starts `callroute lsp` for scripts, and offers what an editor alone cannot: the call flow as a picture, a call to try, a
// test to run. Everything that knows the language is in the server.

import * as vscode from 'vscode';
import { LanguageClient, RevealOutputChannelOn, State, type LanguageClientOptions, type ServerOptions } from 'vscode-languageclient/node';
import { Graphs } from './graph';
import { findServer } from './server';
import { provideSnippets } from './snippets';
import { inTerminal, provideTasks } from './tasks';

const INSTALL = 'https://github.com/callroute/callroute/blob/main/docs/editors.md';

let client: LanguageClient | undefined;
let output: vscode.LogOutputChannel;
let told = false;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  output = vscode.window.createOutputChannel('Callroute', { log: true });
  const program = (resource?: vscode.Uri): string | undefined => {
    const found = findServer(context, resource);
    if ('file' in found) {
      return found.file;
    }
    void sayMissing(found.missing);
    return undefined;
  };
  const graphs = new Graphs(program);
  const command = (name: string, run: (...words: unknown[]) => unknown): vscode.Disposable => vscode.commands.registerCommand(`callroute.${name}`, run);
  context.subscriptions.push(
    output,
    graphs,
    provideSnippets(context, () => client?.isRunning() ?? false),
    provideTasks((resource) => {
      const found = findServer(context, resource);
      return 'file' in found ? found.file : undefined;
    }),
    command('showOutput', () => output.show()),
    command('restartServer', async () => {
      told = false;
      await stop();
      await start(context);
    }),
    command('showGraph', async (uri) => {
      const script = await scriptOf(uri);
      if (script && program(script) !== undefined) {
        graphs.show(script);
      }
    }),
    command('tryCall', async (uri) => {
      const script = await scriptOf(uri);
      const file = script && program(script);
      if (script && file !== undefined) {
        await inTerminal(file, ['call', script.fsPath], 'Try a call', script);
      }
    }),
    command('runTest', async (uri, title) => {
      const script = await scriptOf(uri);
      const file = script && program(script);
      if (!script || file === undefined) {
        return;
      }
      const filter = typeof title === 'string' && title !== '' ? ['--filter', title] : [];
      await inTerminal(file, ['test', script.fsPath, ...filter], 'Tests', script);
    }),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration('callroute.server.path')) {
        told = false;
        await stop();
        await start(context);
      }
    }),
  );
  await start(context);
}

export async function deactivate(): Promise<void> {
  await stop();
}

async function start(context: vscode.ExtensionContext): Promise<void> {
  const found = findServer(context);
  if ('missing' in found) {
    output.warn(found.missing);
    await sayMissing(found.missing);
    return;
  }
  output.info(`The server is ${found.file}`);
  const server: ServerOptions = { command: found.file, args: ['lsp'] };
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: 'file', language: 'route' },
      { scheme: 'untitled', language: 'route' },
    ],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.{route,csv,ics}') },
    // What the server's lenses may name.
    initializationOptions: { commands: ['callroute.tryCall', 'callroute.showGraph'] },
    middleware: {
      // A lens has the server run a test, which says how it ended; the terminal has the details of a failure.
      executeCommand: async (command, words, next) => {
        const outcome: unknown = await next(command, words);
        if (command === 'callroute.server.runTest' && typeof outcome === 'string' && !outcome.includes(', 0 failed')) {
          void vscode.commands.executeCommand('callroute.runTest', ...words);
        }
        return outcome;
      },
    },
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
  };
  const made = new LanguageClient('callroute', 'Callroute', server, options);
  client = made;
  made.onDidChangeState((change) => {
    if (change.newState === State.Stopped && client === made) {
      output.warn('The server has stopped.');
    }
  });
  try {
    await made.start();
  } catch (error) {
    client = undefined;
    const what = error instanceof Error ? error.message : String(error);
    output.error(what);
    const choice = await vscode.window.showErrorMessage(`The Callroute server ${found.file} did not start: ${what}`, 'Show Output');
    if (choice !== undefined) {
      output.show();
    }
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  // A server that has died by itself cannot be asked to stop.
  await running?.dispose().catch((error: unknown) => output.warn(String(error)));
}

/** Says once that the program is missing, and what to do. */
async function sayMissing(what: string): Promise<void> {
  if (told) {
    return;
  }
  told = true;
  const [settings, how] = ['Choose the Program…', 'How to Install'];
  const choice = await vscode.window.showWarningMessage(what, settings, how);
  if (choice === settings) {
    const [file] = (await vscode.window.showOpenDialog({ canSelectMany: false, title: 'The callroute program' })) ?? [];
    if (file) {
      await vscode.workspace.getConfiguration('callroute').update('server.path', file.fsPath, vscode.ConfigurationTarget.Global);
    }
  } else if (choice === how) {
    await vscode.env.openExternal(vscode.Uri.parse(INSTALL));
  }
}

/** The script that is meant: named by a code lens, chosen in a menu, or in the editor. It has to be a file. */
async function scriptOf(uri: unknown): Promise<vscode.Uri | undefined> {
  const named = typeof uri === 'string' ? vscode.Uri.parse(uri) : uri instanceof vscode.Uri ? uri : undefined;
  const document = vscode.window.activeTextEditor?.document;
  const script = named ?? (document?.languageId === 'route' ? document.uri : undefined);
  if (script === undefined) {
    await vscode.window.showInformationMessage('Open a `.route` script first.');
  } else if (script.scheme !== 'file') {
    await vscode.window.showInformationMessage('Save the script first: it has to be a file.');
    return undefined;
  }
  return script;
}

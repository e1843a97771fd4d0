// jambonz's verbs against both of its own checkers: the JSON Schemas take fields that they do not know, the specifications of the verbs take
// values that the schemas refuse.
const fs = require("fs");
const { validateApp } = require("@jambonz/schema");
const { validate } = require("@jambonz/verb-specifications");

const log = { debug() {}, info() {}, warn() {}, error() {} };

function faults(body) {
  let app;
  try {
    app = JSON.parse(body);
  } catch (error) {
    return [`no JSON: ${error.message}`];
  }
  // To say nothing is to say that it is over, and no application to these.
  if (Array.isArray(app) && app.length === 0) return [];
  const found = [];
  const result = validateApp(app);
  if (!result.valid) found.push(`schema: ${JSON.stringify(result.errors)}`);
  try {
    validate(log, app);
  } catch (error) {
    found.push(`specifications: ${error.message}`);
  }
  return found;
}

const good = [
  [
    { verb: "gather", input: ["digits"], numDigits: 1, timeout: 5, actionHook: "/menu", say: { text: "Press 1" } },
    { verb: "dial", answerOnBridge: true, timeout: 20, target: [{ type: "sip", sipUri: "sip:a@127.0.0.1" }] },
    { verb: "sip:decline", status: 486 },
    { verb: "hangup" },
  ],
];
const broken = {
  "no such verb": [{ verb: "teleport" }],
  "no target": [{ verb: "dial" }],
  "a text for a number": [{ verb: "pause", length: "two" }],
  "no such target": [{ verb: "dial", target: [{ type: "pigeon" }] }],
  "no such field": [{ verb: "hangup", words: 1 }],
  "no list": { verb: "hangup" },
};

let failed = 0;
for (const app of good) {
  for (const fault of faults(JSON.stringify(app))) {
    failed += 1;
    console.error(`jambonz: the checkers refuse what is right: ${fault}`);
  }
}
for (const [what, app] of Object.entries(broken)) {
  if (faults(JSON.stringify(app)).length === 0) {
    failed += 1;
    console.error(`jambonz: the checkers take what is broken: ${what}`);
  }
}
let count = 0;
for (const line of fs.readFileSync(process.argv[2], "utf8").split("\n")) {
  if (line === "") continue;
  const said = JSON.parse(line);
  if (said.dialect !== "jambonz") continue;
  count += 1;
  const found = faults(said.body);
  if (found.length > 0) failed += 1;
  for (const fault of found) console.error(`${said.case}: jambonz: ${fault}\n  ${said.body}`);
}
if (count < 100) {
  failed += 1;
  console.error(`jambonz: only ${count} documents were said`);
}
console.log(`jambonz: ${count} documents, ${failed} refused; ${Object.keys(broken).length} broken ones shown to the checkers`);
process.exit(failed > 0 ? 1 : 0);

// The decision of ../office.route by hand, for Node.js. What a call needs later is sealed with AES-256-GCM, which Node.js has built in.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const key = createHash('sha256').update(process.env.CALLROUTE_KEY ?? '').digest();
const FOUR_HOURS = 4 * 3600 * 1000;
const clock = new Intl.DateTimeFormat('en-US', { timeZone: 'America/Chicago', hour: 'numeric', hourCycle: 'h23' });

/** What the event is at fault of. */
export class Refused extends Error {
  status = 400;
}

function seal(state) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(state), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
}

function open(token) {
  try {
    const bytes = Buffer.from(token, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return JSON.parse(decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8'));
  } catch {
    throw new Refused('continue has been changed on its way');
  }
}

const sales = () => ({
  action: 'forward',
  destination: { type: 'ring_group', name: 'sales', members: ['+16822306467', '+12125551234'], strategy: 'simultaneous' },
  timeout: 20,
});
const support = () => ({ action: 'forward', destination: { type: 'agent', name: 'support', members: ['+13125550102'] }, timeout: 30 });

function menu(event, time, attempt) {
  return {
    action: 'menu',
    choices: ['1', '2'],
    max_digits: 1,
    timeout: 5,
    attempt,
    prompts: [{ say: 'For sales, press 1. For support, press 2.', interruptible: true }],
    continue: seal({ call: event.call_id, attempt, until: time + FOUR_HOURS }),
  };
}

export function decide(event) {
  if (event === null || typeof event !== 'object' || typeof event.call_id !== 'string') throw new Refused('the event has no call_id');
  const time = Date.parse(event.timestamp);
  if (Number.isNaN(time)) throw new Refused('timestamp is no time');
  if (event.event === 'incoming_call') {
    const hour = Number(clock.format(time));
    if (hour < 9 || hour >= 17) return { action: 'voicemail', message: 'office_closed' };
    return event.to === '+13146523057' ? sales() : menu(event, time, 1);
  }
  if (event.event === 'digits') {
    const state = open(event.continue);
    if (state.call !== event.call_id || time > state.until) throw new Refused('continue belongs to another call, or is too old');
    if (event.digits === '1') return sales();
    if (event.digits === '2') return support();
    return state.attempt < 3 ? menu(event, time, state.attempt + 1) : { action: 'hangup', reason: 'no_input' };
  }
  throw new Refused('there is no such event');
}

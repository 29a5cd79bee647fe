// Pictures of the built page with the played seat, under the content security policy that the window has.
// Usage: node --experimental-websocket scripts/shots.mjs [folder]. Needs chromium in PATH, or CHROMIUM.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const root = new URL('../dist-mock/', import.meta.url).pathname;
const out = process.argv[2] ?? new URL('../shots/', import.meta.url).pathname;
const only = process.argv[3];
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://x').pathname).replace(/^\/$/, '/index.html');
  try {
    const body = readFileSync(join(root, path));
    response.writeHead(200, {
      'content-type': types[extname(path)] ?? 'text/plain',
      'content-security-policy': csp,
    });
    response.end(body);
  } catch {
    response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
  }
}).listen(0, '127.0.0.1');
await new Promise((done) => server.once('listening', done));
const base = `http://127.0.0.1:${server.address().port}/`;

const profile = mkdtempSync(join(tmpdir(), 'sayso-shots-'));
const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --remote-debugging-port=0';
const browser = spawn(
  process.env.CHROMIUM ?? 'chromium',
  [...flags.split(' '), `--user-data-dir=${profile}`, 'about:blank'],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
const address = await new Promise((done, fail) => {
  let text = '';
  browser.stderr.on('data', (chunk) => {
    text += chunk;
    const found = /DevTools listening on (ws:\S+)/.exec(text);
    if (found) done(found[1]);
  });
  browser.once('exit', () => fail(new Error(text)));
});

const socket = new WebSocket(address);
await new Promise((done) => socket.addEventListener('open', done));
let number = 0;
const waiting = new Map();
const errors = [];
let loaded = () => undefined;
socket.addEventListener('message', ({ data }) => {
  const message = JSON.parse(data);
  if (message.id !== undefined) {
    const { done, fail } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) fail(new Error(message.error.message));
    else done(message.result);
  } else if (message.method === 'Page.loadEventFired') loaded();
  else if (message.method === 'Log.entryAdded' && message.params.entry.level === 'error')
    errors.push(`${message.params.entry.text} ${message.params.entry.url ?? ''}`);
  else if (message.method === 'Runtime.exceptionThrown')
    errors.push(message.params.exceptionDetails.exception?.description ?? 'an exception');
});
const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
function send(method, params = {}, session) {
  number += 1;
  const id = number;
  socket.send(JSON.stringify({ id, method, params, sessionId: session }));
  return new Promise((done, fail) => waiting.set(id, { done, fail }));
}
const page = (method, params) => send(method, params, sessionId);
for (const domain of ['Page', 'Log', 'Runtime']) await page(`${domain}.enable`);
// Tauri freezes it too (`freezePrototype`).
await page('Page.addScriptToEvaluateOnNewDocument', { source: 'Object.freeze(Object.prototype)' });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const evaluate = async (expression) =>
  (await page('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })).result.value;
const click = (id) => evaluate(`document.querySelector('[data-testid="${id}"]').click()`);

const shots = [
  { name: 'approval', scene: 'picture' },
  { name: 'exact', scene: 'picture', act: () => click('tab-exact') },
  { name: 'who', scene: 'picture', act: () => click('tab-who') },
  { name: 'reason', scene: 'picture', act: () => click('deny-with-reason') },
  { name: 'diff', scene: 'edit' },
  { name: 'hostile', scene: 'hostile' },
  { name: 'hostile-exact', scene: 'hostile', act: () => click('tab-exact') },
  { name: 'hostile-who', scene: 'hostile', act: () => click('tab-who') },
  {
    name: 'column',
    scene: 'picture',
    act: () => evaluate(`document.querySelectorAll('[data-testid="queue-row"]')[2].click()`),
  },
  {
    name: 'push',
    scene: 'picture',
    act: () => evaluate(`document.querySelectorAll('[data-testid="queue-row"]')[1].click()`),
  },
  { name: 'long', scene: 'long' },
  { name: 'passphrase', scene: 'passphrase' },
  { name: 'pending', scene: 'pending' },
  { name: 'trouble', scene: 'trouble' },
  { name: 'trouble-empty', scene: 'troubleEmpty' },
  { name: 'empty', scene: 'empty' },
  { name: 'stopped', scene: 'stopped' },
  { name: 'lost', scene: 'lost' },
  {
    name: 'denied',
    scene: 'picture',
    act: () => evaluate(`document.querySelector('[data-testid="deny"]').click()`),
  },
  { name: 'history', scene: 'picture', act: () => click('nav-history') },
  {
    name: 'history-open',
    scene: 'picture',
    act: async () => {
      await click('nav-history');
      await pause(150);
      await evaluate(`document.querySelectorAll('[data-testid="history-row"]')[1].click()`);
    },
  },
  { name: 'settings', scene: 'picture', act: () => click('nav-settings') },
];

mkdirSync(out, { recursive: true });
for (const shot of shots.filter(({ name }) => only === undefined || only.split(',').includes(name))) {
  for (const [width, height] of [
    [1040, 720],
    [720, 520],
  ]) {
    for (const mode of ['light', 'dark']) {
      await page('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: false,
      });
      await page('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: mode }] });
      const arrived = new Promise((done) => (loaded = done));
      const began = performance.now();
      await page('Page.navigate', { url: `${base}?scene=${shot.scene}&still` });
      await arrived;
      await evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const took = Math.round(performance.now() - began);
      await pause(900);
      await shot.act?.();
      await pause(200);
      const { data } = await page('Page.captureScreenshot', { format: 'png' });
      writeFileSync(join(out, `${shot.name}-${width}-${mode}.png`), Buffer.from(data, 'base64'));
      const wide = await evaluate('document.documentElement.scrollWidth > innerWidth');
      const hacked = await evaluate('window.hacked === true');
      console.log(
        `${shot.name} ${width}x${height} ${mode}: ${took} ms${wide ? ' TOO WIDE' : ''}${hacked ? ' HACKED' : ''}`,
      );
    }
  }
}
// Chromium's other processes write to the profile until they end by themselves.
const ended = new Promise((done) => browser.once('exit', done));
await send('Browser.close');
await ended;
server.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exitCode = 1;
}

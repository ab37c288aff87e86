// No element, no library: a login, a ticket (an EventSource can send no headers) and the browser's own EventSource.
import { begin, form, say, show } from './page.js';

const { urls, site, people, threads } = await (await fetch('/demo-config.json')).json();
const [me, other] = people.filter(({ kind }) => kind === 'member');
let bearer = '';
let cursor = ''; // How far this page has read. Empty: it begins with the newest 50.

async function post(url, body, authorization = '') {
  const headers = { 'Content-Type': 'application/json', Authorization: authorization };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.errors[0].message);
  return answer;
}

async function listen() {
  const login = await post(`${urls.server}/api/users/login`, { email: me.email, password: me.password });
  bearer = `Bearer ${(await post(`${urls.edge}/api/chat/session`, { site }, `JWT ${login.token}`)).token}`;
  form.elements.content.disabled = false;
  const { ticket } = await post(`${urls.edge}/api/chat/ticket`, {}, bearer);
  const query = new URLSearchParams({ ticket, topic: `thread:${threads.direct}`, rewind: '50', cursor });
  const stream = new EventSource(`${urls.edge}/api/messages/sse?${query}`);

  for (const type of ['message', 'ready', 'ping'])
    stream.addEventListener(type, (event) => (cursor = event.lastEventId));
  stream.addEventListener('snapshot', ({ data }) => begin(JSON.parse(data).messages));
  stream.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    event.type === 'user.erased' ? anew('') : show(event.message); // Of all that he wrote only a snapshot tells.
  });
  stream.addEventListener('ready', () => say(`Listening as ${me.name}.`));

  function anew(from) {
    stream.close();
    cursor = from;
    if (!from) begin([]); // What stands there may have been taken back.
    setTimeout(keepListening, 2000);
  }
  stream.addEventListener('reset', () => anew('')); // Gone for too long.
  stream.addEventListener('error', () => {
    say('Reconnecting…');
    // The browser comes back by itself while the ticket holds (60 s); then it needs a new one.
    if (stream.readyState === EventSource.CLOSED) anew(cursor);
  });
}

function keepListening() {
  listen().catch((fault) => {
    say(`${fault.message} Trying again…`);
    setTimeout(keepListening, 2000);
  });
}

keepListening();
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const content = form.elements.content.value.trim();
  await post(`${urls.edge}/api/messages`, { receiver: other.id, content }, bearer).then(
    () => form.reset(),
    (fault) => say(`Not sent. ${fault.message}`),
  );
});

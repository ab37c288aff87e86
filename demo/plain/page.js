/** The page around it: where a message stands, what the line says, and the source of the script beside it. */
export const form = document.querySelector('form');

const scroll = document.querySelector('#scroll');
const list = document.querySelector('#messages');
const status = document.querySelector('#status');
const lines = new Map();

/** A message by its id: an edit or a tombstone takes the place of what was there. Text is text, whatever it looks like. */
export function show(message) {
  if (!message) return; // An event about something else.
  const line = lines.get(message.id) ?? list.appendChild(document.createElement('li'));
  lines.set(message.id, line);
  const who = document.createElement('b');
  who.textContent = message.sender.name;
  const what = document.createElement('span');
  what.textContent = message.deletedAt ? 'Message deleted' : message.content;
  what.className = message.deletedAt ? 'gone' : '';
  line.replaceChildren(who, what);
  scroll.scrollTop = scroll.scrollHeight;
}

/** A snapshot's messages take the place of all that is shown. */
export function begin(messages) {
  lines.clear();
  list.replaceChildren();
  messages.forEach(show);
}

export function say(words) {
  status.textContent = words;
}

const source = await fetch('./plain.js');
document.querySelector('#source').textContent = await source.text();

/** Clients that know nothing of us, all on one URL with a ticket; each comes back by itself or is brought back by hand. */
import { spawn, spawnSync } from 'node:child_process';
import { get } from 'node:http';
import type { Frame } from '@payload-chat/protocol';
import { createEventSource } from 'eventsource-client';
import type { Chromium } from './chromium.ts';
import { frameOf, openEventsource, openUndici } from './clients.ts';
import type { Client, ClientEvents } from './plain.ts';

export interface Independent {
  name: string;
  open(url: string, onFrame: (frame: Frame) => void): Client;
}

/** Those of this machine: curl where there is one. */
export function independentReaders(chromium: Chromium): Independent[] {
  const quiet = (frame: (frame: Frame) => void): ClientEvents => ({ frame, end() {}, lost() {} });
  return [
    { name: 'Chromium’s EventSource', open: (url, onFrame) => chromium.open(url, quiet(onFrame)) },
    { name: 'undici’s EventSource', open: (url, onFrame) => openUndici(url, quiet(onFrame)) },
    { name: 'eventsource', open: (url, onFrame) => openEventsource(url, {}, quiet(onFrame)) },
    { name: 'eventsource-client', open: openEventsourceClient },
    { name: 'node:http and the standard’s own words', open: again(openHttp) },
    ...(hasCurl() ? [{ name: 'curl', open: again(openCurl) }] : []),
  ];
}

export const hasCurl = (): boolean => spawnSync('curl', ['--version']).status === 0;

function openEventsourceClient(url: string, onFrame: (frame: Frame) => void): Client {
  const source = createEventSource({
    url,
    onMessage: ({ event = 'message', id, data }) => onFrame(frameOf({ type: event, data, lastEventId: id ?? '' })),
  });
  return { close: () => source.close() };
}

type Once = (url: string, lastId: string, onText: (text: string) => void, onEnd: () => void) => () => void;

/** What only reads is opened again with the last id that it met, as whoever uses it would. */
function again(once: Once): Independent['open'] {
  return (url, onFrame) => {
    let close = () => {};
    let isClosed = false;
    let lastId = '';
    function open() {
      if (isClosed) return;
      const parse = byTheStandard((block) => {
        lastId = block.lastEventId;
        onFrame(frameOf(block));
      }, lastId);
      close = once(url, lastId, parse, () => setTimeout(open, 500));
    }
    open();
    return {
      close() {
        isClosed = true;
        close();
      },
    };
  };
}

const openHttp: Once = (url, lastId, onText, onEnd) => {
  let isAnswered = false;
  const asked = get(url, { agent: false, headers: lastId ? { 'Last-Event-ID': lastId } : {} }, (response) => {
    isAnswered = true;
    response.setEncoding('utf8');
    response.on('data', onText);
    response.on('error', () => {}); // Its close says so too.
    response.on('close', onEnd);
  });
  asked.on('error', () => {
    if (!isAnswered) onEnd();
  });
  return () => void asked.destroy();
};

const openCurl: Once = (url, lastId, onText, onEnd) => {
  // The ticket stands in no argument, where every user of the machine could read it.
  const curl = spawn('curl', ['--silent', '--no-buffer', '--config', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
  curl.stdin.end(`url = "${url}"\n${lastId ? `header = "Last-Event-ID: ${lastId}"\n` : ''}`);
  curl.stdout.setEncoding('utf8');
  curl.stdout.on('data', onText);
  curl.on('error', onEnd);
  curl.on('close', onEnd);
  return () => void curl.kill('SIGKILL');
};

/** WHATWG HTML, "Interpreting an event stream", word for word and with nothing saved. */
function byTheStandard(onBlock: (block: { type: string; data: string; lastEventId: string }) => void, lastId: string) {
  let text = '';
  let data = '';
  let type = '';
  let lastEventId = lastId;
  function take(line: string) {
    if (line === '') {
      if (data !== '') onBlock({ type: type || 'message', data: data.slice(0, -1), lastEventId });
      data = '';
      type = '';
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') type = value;
    else if (field === 'data') data += `${value}\n`;
    else if (field === 'id' && !value.includes('\0')) lastEventId = value;
  }
  return (more: string) => {
    text += more;
    for (;;) {
      // A CR at the very end may be half of a CRLF.
      const found = /\r\n|\n|\r(?!$)/.exec(text);
      if (!found) return;
      take(text.slice(0, found.index));
      text = text.slice(found.index + found[0].length);
    }
  };
}

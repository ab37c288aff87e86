import { expect, test } from 'vitest';
import { setUp } from '../test/harness.ts';
import { type Aim, ThreadController } from './controller.ts';

/** What Lit does with a controller, and no more. */
function createHost(aim: () => Aim | undefined) {
  const host = {
    isConnected: false,
    updates: 0,
    controllers: [] as ThreadController[],
    addController: (controller: ThreadController) => void host.controllers.push(controller),
    requestUpdate() {
      host.updates += 1;
    },
    connect() {
      host.isConnected = true;
      for (const controller of host.controllers) controller.hostConnected();
    },
    disconnect() {
      host.isConnected = false;
      for (const controller of host.controllers) controller.hostDisconnected();
    },
    update() {
      for (const controller of host.controllers) controller.hostUpdate();
    },
  };
  return { host, controller: new ThreadController(host, aim) };
}

test('a connected host shows its thread and is asked to update; a disconnected one lets go of it', async () => {
  const { edge, flow, browser } = setUp();
  const thread = edge.makeDirect('m_1', 'm_2');
  const { client } = browser({ user: 'm_1' });
  const { host, controller } = createHost(() => ({ client, target: { thread } }));
  await flow();
  expect(edge.streams).toBe(0);
  host.connect();
  await flow();
  expect(controller.view?.phase.is).toBe('ready');
  const { updates } = host;
  edge.post('m_2', thread, 'Hello');
  await flow();
  expect(host.updates).toBeGreaterThan(updates);
  host.disconnect();
  await flow();
  expect(controller.view).toBeUndefined();
  expect(edge.streams).toBe(0);
});

test('an update of a detached host opens nothing', async () => {
  const { edge, flow, browser, asked } = setUp();
  const thread = edge.makeDirect('m_1', 'm_2');
  const { client } = browser({ user: 'm_1' });
  const { host } = createHost(() => ({ client, target: { thread } }));
  host.update();
  host.connect();
  host.disconnect();
  host.update();
  await flow();
  expect(asked().filter((line) => line.endsWith('sse'))).toEqual([]);
  expect(edge.streams).toBe(0);
});

test('a changed attribute moves it to another thread over the same stream', async () => {
  const { edge, flow, browser, asked } = setUp();
  const one = edge.makeDirect('m_1', 'm_2');
  const two = edge.makeDirect('m_1', 'm_3');
  const { client } = browser({ user: 'm_1' });
  let thread: string | undefined = one;
  const { host, controller } = createHost(() => (thread ? { client, target: { thread } } : undefined));
  host.connect();
  await flow();
  asked();
  thread = two;
  host.update();
  await flow();
  expect(controller.view?.thread?.id).toBe(two);
  expect(asked()).toEqual([`GET chat/threads/${two}/snapshot`]);
  thread = undefined;
  host.update();
  await flow();
  expect(controller.view).toBeUndefined();
  expect(edge.streams).toBe(0);
});

import { createService } from './service.mjs';

/**
 * The services of one stack: launched one by one, ended together.
 * @param {{ report: (line: string) => void, onLost: (name: string, how: string) => void, signal?: AbortSignal }} listeners
 */
export function createSupervisor({ report, onLost, signal }) {
  /** @type {Map<string, import('./service.mjs').Service>} */
  const services = new Map();
  const killNow = () => {
    for (const service of services.values()) service.killNow();
  };
  process.once('exit', killNow);

  return {
    /** @param {import('./launched.mjs').ServiceSpec} spec @param {string} where what to print beside its name */
    async launch(spec, where) {
      signal?.throwIfAborted();
      const began = performance.now();
      const service = createService(spec, (event) => {
        if (event.what === 'lost') return onLost(event.name, event.how);
        if (event.what === 'back') return report(`${label(event.name)} is back`);
        report(`${label(event.name)} ${event.how}: starting it again in ${event.inMs / 1000} s (log: ${spec.log})`);
      });
      services.set(spec.name, service);
      await service.start();
      report(`${label(spec.name)} ready ${where} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    },

    /** @param {string} name */
    get(name) {
      const service = services.get(name);
      if (!service) throw new Error(`no service "${name}" runs in this stack`);
      return service;
    },

    /** Ends all, Postgres last: the others take leave of their readers while the database is still there. */
    async end() {
      const last = services.get('postgres');
      await Promise.all([...services.values()].filter((one) => one !== last).map((one) => one.stop()));
      await last?.stop();
      process.off('exit', killNow);
    },
  };
}

/** @param {string} name */
export const label = (name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`.padEnd(10);

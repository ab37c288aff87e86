/** What every hop speaks. Knows no platform: fetch, clock and randomness come in as parameters. */
export * from './claims.ts';
export * from './clock.ts';
export * from './cursor.ts';
export * from './error-answer.ts';
export * from './errors.ts';
export * from './event.ts';
export * from './frame.ts';
export * from './history.ts';
export * from './hub.ts';
export * from './reduce.ts';
export * from './routes.ts';
export * from './session-end.ts';
export * from './shape.ts';
export * from './stream-request.ts';
export * from './subscription.ts';
export * from './thread.ts';
export * from './topic.ts';

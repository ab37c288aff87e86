/** Next runs this once per process, before it serves: the chat starts then and not with the first request. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startServer } = await import('./start-server.ts');
  await startServer();
}

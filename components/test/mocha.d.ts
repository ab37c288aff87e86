/** What web-test-runner puts into the page of a test. */
declare function describe(title: string, run: () => void): void;
declare function it(title: string, run: () => unknown): { timeout(ms: number): unknown };
declare function beforeEach(run: () => unknown): void;
declare function afterEach(run: () => unknown): void;

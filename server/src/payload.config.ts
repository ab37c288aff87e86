/** The app's config, as Payload's and Next's tools look for it. */
import { appConfig } from './app-config.ts';
import { readEnvironment } from './environment.ts';

export default appConfig(readEnvironment());

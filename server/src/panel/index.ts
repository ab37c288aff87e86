/** What the chat shows in the admin panel. Payload finds these by path and name, through the host's import map. */
export { PersonRights } from './person-rights.tsx';
export { SiteEmbed } from './site-embed.tsx';

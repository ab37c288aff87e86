import { topic } from '@payload-chat/protocol';

/** Topics that everything in a thread goes to beside its seats'. */
export const threadTopics = (id: string, kind: string) =>
  kind === 'support' ? [topic.thread(id), topic.agents] : [topic.thread(id)];

/** Chats as a model's own template writes them. */
import { SondeError } from '../core/errors.ts';
import { type ChatTemplate, openChatTemplate } from '../model/tokenizer/chat-template.ts';
import type { LoadedModel } from './models.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

const opened = new WeakMap<LoadedModel, ChatTemplate>();

/** The text of a chat, without the BOS that the template may begin with. @throws unsupported-format without a template. */
export function renderChat(model: LoadedModel, messages: readonly ChatMessage[]): string {
  const { bosId, eosId, chatTemplate, tokenText } = model.tokenizer;
  if (chatTemplate === null) {
    throw new SondeError(
      'unsupported-format',
      `The tokenizer of ${model.name} has no chat template; write the prompt as plain text, without "chat: true".`,
      { found: null, expected: 'chat_template in tokenizer_config.json, or chat_template.jinja' },
    );
  }
  const bos = bosId === null ? null : tokenText(bosId);
  const eos = eosId === null ? null : tokenText(eosId);
  const template = opened.get(model) ?? openChatTemplate(chatTemplate, { bos, eos });
  opened.set(model, template);
  const text = template.render(messages);
  return bos !== null && bos !== '' && text.startsWith(bos) ? text.slice(bos.length) : text;
}

// Anthropic's own SDK, which tells of itself: its tool runner with a tool that works and one that fails, and a call
// that the provider refuses.
import { answered, fakeModel } from './fakemodel.mjs';
import { startTelemetry } from './telemetry.mjs';

process.env.ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE = 'content';
const provider = startTelemetry('client-anthropic');
const { default: Anthropic } = await import('@anthropic-ai/sdk');

const model = await fakeModel((messages) => {
  if (messages.some((m) => m.content.startsWith('Forbidden'))) throw Object.assign(new Error('no access to this model'), { status: 403 });
  if (answered(messages, 'toolu_pay')) return { text: 'It is 21C; the payment failed.' }; // the runner sends only what is new
  return { calls: [{ id: 'toolu_weather', name: 'get_weather', args: { city: 'Paris' } }, { id: 'toolu_pay', name: 'pay', args: { amount: 5 } }] };
});
const client = new Anthropic({ apiKey: 'none', baseURL: model.url.replace('/v1', ''), maxRetries: 0 });

const fn = (name, run) => ({ type: 'custom', name, description: name, input_schema: { type: 'object' }, run });
const failing = async () => {
  throw new Error('payment gateway timeout');
};
await client.beta.messages
  .toolRunner({
    model: 'claude-fake',
    max_tokens: 50,
    messages: [{ role: 'user', content: 'Weather in Paris? I am alice@example.com' }],
    tools: [fn('get_weather', async () => '21C'), fn('pay', failing)],
  })
  .runUntilDone();

await client.messages
  .create({ model: 'claude-fake', max_tokens: 50, messages: [{ role: 'user', content: 'Forbidden question' }] })
  .catch((e) => {
    if (e.status !== 403) throw e;
  });

model.close();
await provider.shutdown();

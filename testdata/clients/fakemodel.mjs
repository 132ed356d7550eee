// A model that answers from a script, behind OpenAI's two APIs and Anthropic's, on 127.0.0.1. It lets real
// frameworks run their real loops: what they do with an answer, and what they tell of it, is theirs.
import http from 'node:http';

/**
 * Starts a fake model. `answer(messages)` gets the messages of a request, each {role, content, name},
 * and returns {text} or {calls: [{id, name, args}]}, or throws {status, message}.
 */
export async function fakeModel(answer) {
  let n = 0;
  const server = http.createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += chunk;
    const request = JSON.parse(text || '{}');
    const id = `fake${String(++n).padStart(4, '0')}`;
    res.setHeader('content-type', 'application/json');
    try {
      const [, read, write] = apis.find(([path]) => req.url.includes(path));
      const body = write(id, request.model, answer(read(request)));
      res.end(request.stream && write === toChat ? streamChat(body) : JSON.stringify(body));
    } catch (e) {
      res.statusCode = e.status ?? 500;
      res.end(JSON.stringify({ error: { message: e.message, type: 'server_error', code: null, param: null } }));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

const textOf = (content) =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');

const fromChat = ({ messages }) => messages.map((m) => ({ role: m.role, content: textOf(m.content), id: m.tool_call_id }));

const fromResponses = ({ instructions, input }) => [
  ...(instructions ? [{ role: 'system', content: instructions }] : []),
  ...(typeof input === 'string' ? [{ role: 'user', content: input }] : input).map((item) =>
    item.type === 'function_call_output'
      ? { role: 'tool', content: textOf(item.output), id: item.call_id }
      : item.type === 'function_call'
        ? { role: 'assistant', content: '', id: item.call_id }
        : { role: item.role, content: textOf(item.content) },
  ),
];

const fromAnthropic = ({ messages }) =>
  messages.flatMap(({ role, content }) => [
    { role, content: textOf(content) },
    ...(Array.isArray(content) ? content : []).filter((b) => b.type === 'tool_result').map((b) => ({ role: 'tool', content: textOf(b.content), id: b.tool_use_id })),
  ]);

const usage = { input: 100, output: 20, cached: 10, reasoning: 5 };

const toChat = (id, model, { text, calls }) => ({
  id: `chatcmpl-${id}`,
  object: 'chat.completion',
  created: 1795000000,
  model,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: text ?? null,
        ...(calls && {
          tool_calls: calls.map((c) => ({ id: c.id, type: 'function', function: { name: c.name, arguments: JSON.stringify(c.args) } })),
        }),
      },
      finish_reason: calls ? 'tool_calls' : 'stop',
    },
  ],
  usage: {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  },
});

// The same as server-sent events: the message, why it ended, the usage.
const streamChat = ({ choices: [{ message, finish_reason }], usage, ...head }) => {
  const tool_calls = message.tool_calls?.map((call, index) => ({ index, ...call }));
  const chunk = (choices, more) => `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...more })}\n\n`;
  return (
    chunk([{ index: 0, delta: { ...message, tool_calls }, finish_reason: null }]) +
    chunk([{ index: 0, delta: {}, finish_reason }]) +
    chunk([], { usage }) +
    'data: [DONE]\n\n'
  );
};

const toResponses = (id, model, { text, calls }) => ({
  id: `resp_${id}`,
  object: 'response',
  created_at: 1795000000,
  status: 'completed',
  model,
  output: calls
    ? calls.map((c) => ({ type: 'function_call', id: `fc_${c.id}`, call_id: c.id, name: c.name, arguments: JSON.stringify(c.args), status: 'completed' }))
    : [{ type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] }],
  usage: {
    input_tokens: usage.input,
    output_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    input_tokens_details: { cached_tokens: usage.cached },
    output_tokens_details: { reasoning_tokens: usage.reasoning },
  },
});

const toAnthropic = (id, model, { text, calls }) => ({
  id: `msg_${id}`,
  type: 'message',
  role: 'assistant',
  model,
  content: calls ? calls.map((c) => ({ type: 'tool_use', id: c.id, name: c.name, input: c.args })) : [{ type: 'text', text }],
  stop_reason: calls ? 'tool_use' : 'end_turn',
  usage: { input_tokens: usage.input - usage.cached, output_tokens: usage.output, cache_read_input_tokens: usage.cached, cache_creation_input_tokens: 0 },
});

// Which API a path belongs to: how to read its requests, how to write its answers.
const apis = [
  ['/responses', fromResponses, toResponses],
  ['/chat/completions', fromChat, toChat],
  ['/messages', fromAnthropic, toAnthropic],
];

/** What the assistant said or was told since the user last spoke. */
export const sinceUser = (messages) => messages.slice(messages.findLastIndex((m) => m.role === 'user') + 1);

/** Whether a tool call was answered. */
export const answered = (messages, id) => messages.find((m) => m.role === 'tool' && m.id === id);

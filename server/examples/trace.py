"""Traces a text and decodes a tensor. Needs the package `websockets` (10 or later). Usage: trace.py URL TOKEN_FILE TEXT"""
import asyncio, base64, json, struct, sys, websockets

async def main(url, token_file, text):
    token = open(token_file).read().strip()
    async with websockets.connect(url, subprotocols=["sonde.v1", f"sonde.token.{token}"], max_size=None) as line:
        async def ask(method, **params):
            await line.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
            answer = json.loads(await line.recv())
            return answer["result"] if "result" in answer else sys.exit(answer["error"]["message"])

        await ask("initialize", protocolVersion=1, client={"name": "trace.py"})
        run = (await ask("sonde/trace/features", text=text, k=1))["runs"][0]
        for token, traced in zip(run["tokens"], run["dictionaries"][0]["tokens"]):
            print(repr(token["text"]), *((f["index"], round(f["activation"], 2), f["label"]) for f in traced["features"]))
        tensor = (await ask("sonde/trace/activations", text=text, hooks=["hook_embed"]))["tensors"]["hook_embed"]
        raw = base64.b64decode(tensor["data"])
        print("hook_embed", tensor["shape"], struct.unpack(f"<{len(raw) // 4}f", raw)[:4])

asyncio.run(main(*sys.argv[1:]))

"""An event loop for tests and drills."""

import asyncio


def run(work):
    """As asyncio.run, but a client's task that will not be cancelled cannot keep a test from ending."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=3))
        loop.close()

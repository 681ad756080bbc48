# A Python that does nothing, and says so.
import time

print("idle", flush=True)
time.sleep(1 << 20)

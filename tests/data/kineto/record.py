"""How the files here were recorded: `python record.py FOLDER START` in two processes at once, START in Unix seconds."""

import sys
import time

import torch
from torch.profiler import ProfilerActivity, profile, schedule, tensorboard_trace_handler

STEPS = 8

folder, start = sys.argv[1], float(sys.argv[2])
torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
inputs, labels = torch.randn(32, 64), torch.randint(0, 10, (32,))


def step() -> None:
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(inputs), labels)
    loss.backward()
    optimizer.step()


for _ in range(3):
    step()
while time.time() < start:
    time.sleep(0.001)
with profile(
    activities=[ProfilerActivity.CPU],
    schedule=schedule(wait=0, warmup=1, active=STEPS),
    on_trace_ready=tensorboard_trace_handler(folder, use_gzip=True),
    profile_memory=True,
) as recording:
    for _ in range(STEPS + 1):
        step()
        recording.step()

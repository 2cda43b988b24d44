"""Metrics of multi-program performance from slowdowns.

S. Eyerman, L. Eeckhout: System-Level Performance Metrics for Multiprogram Workloads, IEEE Micro 28(3), 2008:
    NTT_i = T_i together / T_i alone           normalised turnaround time, the slowdown; 1 is best
    ANTT  = mean of NTT_i                      what a user waits, on average
    STP   = sum of 1 / NTT_i                   work done per time; 1 = no better than one after the other, n = as good as n devices
    fairness = min over i, j of NTT_i / NTT_j  1 = all suffer alike
R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness, DEC TR-301, 1984, on x_i = 1 / NTT_i:
    J = (sum x)^2 / (n * sum x^2)              1/n .. 1
"""

from tb_contention.model.contention import SharingMetrics


def sharing_metrics(slowdowns: list[float]) -> SharingMetrics | None:
    """Compute the metrics of two or more slowdowns (NTT); None with fewer."""
    if len(slowdowns) < 2 or min(slowdowns) <= 0:
        return None
    progress = [1 / s for s in slowdowns]
    return SharingMetrics(
        antt=sum(slowdowns) / len(slowdowns),
        stp=sum(progress),
        fairness=min(slowdowns) / max(slowdowns),
        jain=sum(progress) ** 2 / (len(progress) * sum(p * p for p in progress)),
    )

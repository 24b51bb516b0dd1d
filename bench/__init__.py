"""Measures the tap against the stand-in Jira: requests, time, throughput, memory."""

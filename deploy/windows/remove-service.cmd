@echo off
rem Takes the service away; objects and configuration stay.
cd /d "%~dp0"
dgate.exe --service:stop
dgate.exe --service:remove
pause

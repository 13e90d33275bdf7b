@echo off
rem Runs the server as a service; wants the rights of an administrator.
cd /d "%~dp0"
dgate.exe --service:install && dgate.exe --service:start
pause
